import {patch} from '../patch.js';

/** Node's report on this process, without network interfaces, which can take seconds where name servers are slow. */
export function processReport(): object {
  const {report} = process;
  const restore = patch(report as {excludeNetwork?: boolean}, {excludeNetwork: true});
  try {
    return report.getReport();
  } finally {
    restore();
  }
}
