// The API reference, as Markdown, from the docstrings. Warnings of TypeDoc are errors.
import {join} from 'node:path';
import {Application} from 'typedoc';
import {GENERATED, repository} from './published.js';

/** @throws Error if a docstring is missing or has a bad link. */
export async function writeApiPages(): Promise<void> {
  const app = await Application.bootstrapWithPlugins({
    options: join(repository, 'typedoc.json'),
    plugin: ['typedoc-plugin-markdown'],
    out: join(repository, GENERATED, 'api'),
    logLevel: 'Warn',
    name: 'API reference',
    // Options of typedoc-plugin-markdown.
    ...{
      entryFileName: 'index',
      hideBreadcrumbs: true,
      hidePageHeader: true,
      useCodeBlocks: true,
      parametersFormat: 'table',
      propertiesFormat: 'table',
      interfacePropertiesFormat: 'table',
    },
  });
  const project = await app.convert();
  if (!project) throw new Error('TypeDoc could not read the sources; see above.');
  app.validate(project);
  await app.generateOutputs(project);
  if (app.logger.hasErrors() || app.logger.hasWarnings()) {
    throw new Error('TypeDoc has warnings, which are errors here; see above.');
  }
}
