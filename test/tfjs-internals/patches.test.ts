import {readdirSync, readFileSync} from 'node:fs';
import {join, sep} from 'node:path';
import {fileURLToPath} from 'node:url';
import ts from 'typescript';
import {expect, test} from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

const sources = readdirSync(join(root, 'src'), {recursive: true, encoding: 'utf8'})
  .filter(file => file.endsWith('.ts'))
  .map(file => ({file: file.replaceAll(sep, '/'), text: readFileSync(join(root, 'src', file), 'utf8')}));

const inside = sources.filter(({file}) => file.startsWith('tfjs-internals/'));
const outside = sources.filter(({file}) => !file.startsWith('tfjs-internals/'));

/** The places that match a pattern, as `file: text`. */
function found(pattern: RegExp): string[] {
  return outside.flatMap(({file, text}) =>
    [...text.replaceAll(/^\s*(\/\/|\*|\/\*).*$/gm, '').matchAll(pattern)].map(([match]) => `${file}: ${match}`),
  );
}

test('no value is cast through unknown, any or never outside tfjs-internals', () => {
  expect(found(/\bas (unknown as|any\b|never\b)/g)).toEqual([]);
});

/** `penalized.ts` gives a function of its own a property that is computed when it is read. */
const OWN_OBJECT = 'regularizers/penalized.ts: Object.defineProperty(';

test.each([
  ['a prototype is assigned to', /\.prototype(\.\w+|\[.*\]) = |(Object\.assign|patch)\(\w+\.prototype/g],
  ['a property is defined or deleted reflectively', /Object\.defineProperty\(|\bdelete \(|Object\.setPrototypeOf\(/g],
  ['a gradient or kernel is registered', /\b(un)?register(Gradient|Kernel)\(/g],
  ['a global is assigned to', /\bglobalThis\.\w+ \??\??=[^=]|\bMath\.\w+ =[^=]|Object\.assign\((globalThis|Math)\b/g],
  [
    'the environment is changed',
    /\bprocess\.env(\.\w+|\[.*\]) \??\??=[^=]|delete process\.env|Object\.assign\(process/g,
  ],
  ['the engine, its backend or its state is changed', /Object\.assign\(tf\.|\btf\.(engine|backend)\(\)\.\w+ =[^=]/g],
])('outside tfjs-internals, no place is found where %s', (_, pattern) => {
  expect(found(pattern).filter(place => place !== OWN_OBJECT)).toEqual([]);
});

interface InternalFunction {
  readonly name: string;
  readonly file: string;
  readonly isExported: boolean;
  /** The names of the functions and methods that it calls. */
  readonly calls: ReadonlySet<string>;
  /** Whether it assigns to a member of some object. */
  readonly assigns: boolean;
}

/** The functions of tfjs-internals, without those that make a replacement in general. */
const functions = inside
  .filter(({file}) => !/\/(patch|undo)\.ts$/.test(file))
  .flatMap(({file, text}) =>
    ts
      .createSourceFile(file, text, ts.ScriptTarget.Latest, true)
      .statements.filter(ts.isFunctionDeclaration)
      .map(each => described(each, file.replace('tfjs-internals/', ''))),
  );

function isAssignment(kind: ts.SyntaxKind): boolean {
  return kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
}

function described(declaration: ts.FunctionDeclaration, file: string): InternalFunction {
  const calls = new Set<string>();
  let assigns = false;
  const isMember = (node: ts.Node) => ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node);
  const visit = (node: ts.Node) => {
    if (ts.isCallExpression(node)) {
      const {expression} = node;
      calls.add(ts.isPropertyAccessExpression(expression) ? expression.name.text : expression.getText());
    }
    if (ts.isBinaryExpression(node) && isAssignment(node.operatorToken.kind) && isMember(node.left)) assigns = true;
    if ((ts.isPostfixUnaryExpression(node) || ts.isPrefixUnaryExpression(node)) && isMember(node.operand)) {
      if (node.operator !== ts.SyntaxKind.ExclamationToken) assigns = true;
    }
    if (ts.isDeleteExpression(node)) assigns = true;
    ts.forEachChild(node, visit);
  };
  visit(declaration.body!);
  const isExported = declaration.modifiers?.some(({kind}) => kind === ts.SyntaxKind.ExportKeyword) ?? false;
  return {name: declaration.name!.text, file, isExported, calls, assigns};
}

/** The functions that replace something: by `patch`, a registry or an assignment, or by calling one of these functions. */
function replacing(): InternalFunction[] {
  const replaces = new Set(['patch', 'replaceIn', 'registerKernel', 'registerGradient', 'registerClass']);
  const isNew = ({name, calls, assigns}: InternalFunction) =>
    !found.has(name) && (assigns || [...calls].some(call => replaces.has(call)));
  const found = new Map<string, InternalFunction>();
  for (let next = functions.filter(isNew); next.length > 0; next = functions.filter(isNew)) {
    for (const each of next) {
      found.set(each.name, each);
      replaces.add(each.name);
    }
  }
  return [...found.values()];
}

const architecture = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
const [, table = ''] = architecture.split('## What we replace\n');
const rows = table
  .split('\n## ')[0]!
  .split('\n')
  .filter(line => line.startsWith('| '))
  .slice(1);

test('each function of tfjs-internals that replaces something is in the table of docs/architecture.md, beside its file', () => {
  const all = replacing().filter(({isExported}) => isExported);
  expect(all.length).toBeGreaterThan(20);
  const told = ({name, file}: {name: string; file: string}) =>
    rows.some(row => row.includes(`\`${name}\``) && row.includes(`\`${file}\``));
  expect(all.filter(each => !told(each)).map(({name, file}) => `${name} (${file})`)).toEqual([]);
});

test('each function that the table names replaces something', () => {
  const names = new Set(replacing().map(({name}) => name));
  const named = rows.flatMap(row => [...row.split('|')[2]!.matchAll(/`(\w+)`/g)].map(([, name]) => name!));
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter(name => !names.has(name))).toEqual([]);
});
