import type {Reporter, Vitest} from 'vitest/node';

/** A plugin that adds a reporter to a run, once for all its projects. */
export function reporterPlugin(name: string, reporter: Reporter) {
  return {
    name,
    // Here, since the reporters of the command line replace those of the configuration.
    configureVitest({vitest}: {readonly vitest: Vitest}): void {
      const {reporters} = vitest.config as {reporters: unknown[]};
      if (!reporters.includes(reporter)) reporters.push(reporter);
    },
  };
}
