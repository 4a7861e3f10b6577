import type {Rolldown} from 'tsdown';
import {packageOf} from './bundled-licenses.js';

/** A node of a syntax tree, with the parts that are used here. */
interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Tells bundlers that they may remove a module's constants that an app does not use. Without it they keep each constant
 * that a call makes, with everything that it refers to, since a call may have side effects.
 *
 * `const x = f()` becomes `const x = /* @__PURE__ *\/ (() => f())()`. This is correct since importing this package does no work.
 */
export function pureConstants(): Rolldown.Plugin {
  return {
    name: 'pure-constants',
    // The last hook before files are written: a later transform would remove the functions.
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

/** Whether a bundler may assume side effects. webpack does so for objects and arrays. */
function mayDoWork(value: Node): boolean {
  const found = typesWithin(value);
  if (found.has('AwaitExpression')) return false;
  return ['CallExpression', 'NewExpression', 'ObjectExpression', 'ArrayExpression'].some(type => found.has(type));
}

/** The types of an expression's nodes, without those in functions and classes, which do not run or need their name. */
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
