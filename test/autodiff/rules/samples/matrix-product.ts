import type {KernelSample} from './sample.js';
import {real} from './sample.js';

const plain = {transposeA: false, transposeB: false};
const both = {transposeA: true, transposeB: true};

export const matrixProductSamples: Readonly<Record<string, readonly KernelSample[]>> = {
  BatchMatMul: [
    {inputs: {a: real(1, 2, 3), b: real(1, 3, 4)}, attrs: plain},
    {inputs: {a: real(1, 3, 2), b: real(1, 3, 4)}, attrs: {transposeA: true, transposeB: false}},
    {inputs: {a: real(1, 2, 3), b: real(1, 4, 3)}, attrs: {transposeA: false, transposeB: true}},
    {inputs: {a: real(2, 3, 2), b: real(2, 4, 3)}, attrs: both},
    // One matrix for a whole batch, on each side.
    {inputs: {a: real(2, 2, 3), b: real(1, 3, 4)}, attrs: plain, gradient: false},
    {inputs: {a: real(1, 2, 3), b: real(2, 3, 4)}, attrs: plain, gradient: false},
    {inputs: {a: real(2, 3, 2), b: real(1, 4, 3)}, attrs: both, gradient: false},
  ],
  _FusedMatMul: [
    {inputs: {a: real(1, 2, 3), b: real(1, 3, 4), bias: real(4)}, attrs: {...plain, activation: 'linear'}},
    {inputs: {a: real(1, 2, 3), b: real(1, 3, 4)}, attrs: {...plain, activation: 'linear'}},
    {inputs: {a: real(2, 3, 2), b: real(2, 4, 3), bias: real(4)}, attrs: {...both, activation: 'linear'}},
  ],
};
