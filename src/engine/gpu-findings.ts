import type {Finding} from './finding.js';
import {finding, note} from './finding.js';
import type {Machine} from './machine/machine.js';

/** What the doctor says of the GPU. */
export interface GpuState {
  readonly machine: Pick<Machine, 'nvidiaDriver' | 'environment'>;
  /** What the library was built for; `null` if there is none. */
  readonly flavour: 'cpu' | 'cuda' | null;
  /** Whether the engine computes on the GPU. */
  readonly isUsed: boolean;
  /** What libtensorflow said when it did not use the GPU. */
  readonly complaint: string | null;
}

/** The findings on the driver, and on the precision of products if a GPU is used. */
export function gpuFindings(state: GpuState): readonly Finding[] {
  return state.isUsed ? [driverFinding(state), precisionFinding(state.machine)] : [driverFinding(state)];
}

function driverFinding({machine: {nvidiaDriver}, flavour, complaint}: GpuState): Finding {
  const name = 'GPU';
  if (!nvidiaDriver) return note(name, 'no NVIDIA driver');
  if (flavour !== 'cuda') {
    const fix = 'Run `npx tfjs-hessian setup --cuda` to use it.';
    return note(name, `NVIDIA driver ${nvidiaDriver}; the library is not built for CUDA`, fix);
  }
  if (!complaint) return finding(name, `NVIDIA driver ${nvidiaDriver}`);
  return note(name, `NVIDIA driver ${nvidiaDriver}, but: ${complaint}`, 'A driver of version 525 or newer is needed.');
}

function precisionFinding({environment}: GpuState['machine']): Finding {
  const name = 'TF32';
  const override = environment.NVIDIA_TF32_OVERRIDE;
  if (override === undefined) return finding(name, 'off, unless `loadTensorFlow({tf32: true})` leaves it on');
  if (override === '0') return finding(name, 'off, by NVIDIA_TF32_OVERRIDE=0');
  return note(
    name,
    `left on by NVIDIA_TF32_OVERRIDE=${override}: products with the Hessian are right to three digits`,
    'Unset the variable, or set it to 0, for six digits.',
  );
}
