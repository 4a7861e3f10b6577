import {attributesInWords, print} from '../graph/print.js';
import {multiplyAdds} from './kernel-cost.js';
import type {KernelGraph} from './kernel-op.js';

/** Prints a graph of kernels: one line for each kernel, with its layer and its multiply-adds. */
export function explainKernels(graph: KernelGraph): string {
  const costs = new Map(graph.nodes.map(node => [node, multiplyAdds(node)]));
  const total = [...costs.values()].reduce((sum, cost) => sum + cost, 0);
  const text = print(graph, {
    words: ({kernel, attrs}) => `${kernel}${attributesInWords(attrs)}`,
    note: node => [node.op.layer, inShort(costs.get(node)!)].filter(Boolean).join(', '),
  });
  return `${graph.nodes.length} kernels, ${inShort(total) || 'no'} multiply-adds\n${text}`;
}

/** Formats 1234567 as `1.23M`, and zero as an empty string. */
function inShort(count: number): string {
  if (count === 0) return '';
  const power = Math.min(4, Math.floor(Math.log10(count) / 3));
  return power === 0 ? String(Math.round(count)) : `${(count / 1000 ** power).toPrecision(3)}${'kMGT'[power - 1]}`;
}
