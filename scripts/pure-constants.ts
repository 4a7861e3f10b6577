import type {Rolldown} from 'tsdown';
import {packageOf} from './bundled-licenses.js';

/** A node of a syntax tree, as far as it is looked at here. */
interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Tells bundlers that they may leave out the constants of a module that an app does not use. Without it they keep each constant
 * that is made by a call, with all that it names: for them a call may do anything.
 *
 * `const x = f()` becomes `const x = /* @__PURE__ *\/ (() => f())()`. This holds since importing this package does no work.
 */
export function pureConstants(): Rolldown.Plugin {
  return {
    name: 'pure-constants',
    // The last hook before files are written: what runs in between would take the functions away again.
    generateBundle(_, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type !== 'chunk' || !file.fileName.endsWith('.js') || !file.moduleIds.some(isOurs)) continue;
        const values = this.parse(file.code)
          .body.flatMap(statement => (statement.type === 'VariableDeclaration' ? statement.declarations : []))
          .flatMap(({init}): Node[] => (init && mayDoWork(init) ? [init] : []));
        file.code = values.reduceRight(
          (text, {start, end}) =>
            `${text.slice(0, start)}/* @__PURE__ */ (() => (${text.slice(start, end)}))()${text.slice(end)}`,
          file.code,
        );
      }
    },
  };
}

function isOurs(id: string): boolean {
  return !id.startsWith('\0') && packageOf(id) === null;
}

/** Whether bundlers may take it for work. webpack does so of objects and arrays. */
function mayDoWork(value: Node): boolean {
  const found = typesWithin(value);
  if (found.has('AwaitExpression')) return false;
  return ['CallExpression', 'NewExpression', 'ObjectExpression', 'ArrayExpression'].some(type => found.has(type));
}

/** The types of an expression's nodes, those in functions and classes left out: they do not run, or have a name to keep. */
function typesWithin(node: unknown): ReadonlySet<string> {
  if (Array.isArray(node)) return new Set(node.flatMap(part => [...typesWithin(part)]));
  if (typeof node !== 'object' || node === null) return new Set();
  const {type} = node as Partial<Node>;
  if (type !== undefined && /Function|Class/.test(type)) return new Set();
  return new Set([
    ...(type === undefined ? [] : [type]),
    ...Object.values(node).flatMap(part => [...typesWithin(part)]),
  ]);
}
