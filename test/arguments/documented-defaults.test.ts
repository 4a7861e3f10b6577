// What users read of an option's default is the one that its schema has.
import {readdirSync, readFileSync} from 'node:fs';
import {resolve} from 'node:path';
import ts from 'typescript';
import {describe, expect, it} from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const files = readdirSync(resolve(root, 'src'), {recursive: true, encoding: 'utf8'})
  .filter(name => name.endsWith('.ts'))
  .map(name =>
    ts.createSourceFile(name, readFileSync(resolve(root, 'src', name), 'utf8'), ts.ScriptTarget.Latest, true),
  );

function* nodes(node: ts.Node): Generator<ts.Node> {
  yield node;
  for (const child of node.getChildren()) yield* nodes(child);
}

const all = files.flatMap(file => [...nodes(file)]);

/** The comment of each option, by interface and name. */
const comments = new Map(
  all.filter(ts.isInterfaceDeclaration).flatMap(({name: owner, members}) =>
    members.filter(ts.isPropertySignature).map(member => {
      const text = ts
        .getJSDocCommentsAndTags(member)
        .map(each => each.getText())
        .join(' ');
      return [`${owner.text}.${member.name.getText()}`, text.replace(/\s*\n\s*\*\s?/g, ' ')] as const;
    }),
  ),
);

/** The base interfaces of each interface. */
const bases = new Map(
  all
    .filter(ts.isInterfaceDeclaration)
    .map(({name, heritageClauses = []}) => [
      name.text,
      heritageClauses.flatMap(each => each.getText().match(/\w+Args/g) ?? []),
    ]),
);

function commentOn(args: string, option: string): string {
  const own = comments.get(`${args}.${option}`);
  return own ?? (bases.get(args) ?? []).map(base => commentOn(base, option)).find(Boolean) ?? '';
}

/** Defaults that a comment describes in words. */
const toldInWords = ['TensorBoardArgs.metrics', 'SummaryArgs.stream', 'AttachRegularizerArgs.initialStep'];

/** The defaults in schemas: `optionsOf<Args>(…)({name: optional(schema, default)})`. */
const defaults = all.filter(ts.isCallExpression).flatMap(({expression, arguments: [entries]}) => {
  if (!ts.isCallExpression(expression) || expression.expression.getText() !== 'optionsOf') return [];
  const [args] = expression.typeArguments ?? [];
  if (args === undefined || !ts.isTypeReferenceNode(args) || !ts.isObjectLiteralExpression(entries!)) return [];
  return entries.properties.filter(ts.isPropertyAssignment).flatMap(({name, initializer}) => {
    if (!ts.isCallExpression(initializer) || initializer.expression.getText() !== 'optional') return [];
    const [, value] = initializer.arguments;
    return value === undefined ? [] : [[args.getText(), name.getText(), value] as const];
  });
});

/** A default as written in a comment. */
function inWords(value: ts.Expression): string {
  if (ts.isArrowFunction(value)) return value.body.getText();
  return value.getText().replaceAll('_', ' ');
}

describe('the default of', () => {
  it('enough options is compared', () => {
    expect(defaults.length).toBeGreaterThan(60);
  });

  it.each(defaults)('%s.%s is the one in its comment', (args, option, value) => {
    const comment = commentOn(args, option);
    expect(comment).toMatch(/default/i);
    if (toldInWords.includes(`${args}.${option}`)) return;
    const [, told = ''] = /default:?\s+`?(.*)/i.exec(comment) ?? /`?(\S+) \(default\)/.exec(comment) ?? [];
    expect(`${told} `).toMatch(new RegExp(`^${escaped(inWords(value))}[\`.,;: )]`));
  });
});

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
