import * as tf from '@tensorflow/tfjs-core';
import {type LayersModel, layers, type Sequential, sequential} from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {hessian} from '../../src/operators/hessian.js';
import {useEngine} from '../engines.js';

type Layers = Parameters<Sequential['add']>[0][];

function compiled(...stack: Layers): LayersModel {
  const model = sequential({layers: stack});
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  return model;
}

/** The program of a product with the Hessian of a model on two samples. */
async function program(model: LayersModel, layer?: string): Promise<string> {
  const shape = (of: readonly (number | null)[]) => [2, ...of.slice(1)] as number[];
  const x = tf.randomNormal(shape(model.inputs[0]!.shape), 0, 1, 'float32', 1);
  const y = tf.randomNormal(shape(model.outputs[0]!.shape), 0, 1, 'float32', 2);
  const H = await hessian(model, {x, y});
  try {
    return `\n${layer === undefined ? H.explain() : H.block(layer).explain()}\n`;
  } finally {
    H.dispose();
  }
}

describe('the explained program of a product', () => {
  beforeAll(() => useEngine('native'));

  it('of dense layers', async () => {
    const model = compiled(
      layers.dense({name: 'hidden', units: 4, activation: 'tanh', inputShape: [3]}),
      layers.dense({name: 'output', units: 1}),
    );
    expect(await program(model)).toMatchInlineSnapshot(`
      "
      The Hessian, a product with a vector: 38 kernels, 223 multiply-adds
      inputs %0: float32[21]
      constants c1: float32[1,2,3], c2: float32[2,4], c3: float32[1,4,1], c4: float32[1,2,4], c5: float32[2,1], c6: float32[1,2,1], c7: float32[2,4], c8: float32[2,4], c9: float32[2,4]
        %1: float32[12], %2: float32[4], %3: float32[4], %4: float32[1] = SplitV{numOrSizeSplits=[12,4,4,1], axis=0}(%0)  # 21
        %5: float32[1,3,4] = Reshape{shape=[1,3,4]}(%1)                                                                   # hidden
        %6: float32[1,2,4] = BatchMatMul(c1, %5)                                                                          # hidden, 24
        %7: float32[2,4] = Reshape{shape=[2,4]}(%6)                                                                       # hidden
        %8: float32[2,4] = Add(%7, %2)                                                                                    # hidden, 8
        %9: float32[2,4] = Multiply(%8, c2)                                                                               # hidden, 8
        %10: float32[1,2,4] = Reshape{shape=[1,2,4]}(%9)                                                                  # output
        %11: float32[1,4,1] = Reshape{shape=[1,4,1]}(%3)                                                                  # output
        %12: float32[1,2,1] = BatchMatMul(%10, c3)                                                                        # output, 8
        %13: float32[1,2,1] = BatchMatMul(c4, %11)                                                                        # output, 8
        %14: float32[1,2,1] = Add(%12, %13)                                                                               # output, 2
        %15: float32[1,2] = Reshape{shape=[-1,2]}(%14)                                                                    # output
        %16: float32[2] = Tile{reps=[2]}(%4)                                                                              # output, 2
        %17: float32[1,2] = Add(%15, %16)                                                                                 # output, 2
        %18: float32[2,1] = Reshape{shape=[2,1]}(%17)                                                                     # output
        %19: float32[2,1] = Multiply(%18, c5)                                                                             # 2
        %20: float32[2,1] = Multiply(%18, c5)                                                                             # 2
        %21: float32[2,1] = Add(%19, %20)                                                                                 # 2
        %22: float32[1,2,1] = Reshape{shape=[1,2,1]}(%21)
        %23: float32[1,2,4] = BatchMatMul{transposeB}(%22, c3)                                                            # output, 8
        %24: float32[1,2,4] = BatchMatMul{transposeB}(c6, %11)                                                            # output, 8
        %25: float32[1,2,4] = Add(%23, %24)                                                                               # output, 8
        %26: float32[1,4,1] = BatchMatMul{transposeA}(%10, c6)                                                            # output, 8
        %27: float32[1,4,1] = BatchMatMul{transposeA}(c4, %22)                                                            # output, 8
        %28: float32[1,4,1] = Add(%26, %27)                                                                               # output, 4
        %29: float32[1] = Sum{axis=[0,1]}(%22)                                                                            # 1
        %30: float32[2,4] = Reshape{shape=[2,4]}(%25)
        %31: float32[2,4] = Multiply(%9, c7)                                                                              # hidden, 8
        %32: float32[2,4] = Neg(%31)                                                                                      # 8
        %33: float32[2,4] = Multiply(%32, c8)                                                                             # 8
        %34: float32[2,4] = Multiply(c9, %30)                                                                             # 8
        %35: float32[2,4] = Add(%33, %34)                                                                                 # 8
        %36: float32[4] = Sum{axis=[0]}(%35)                                                                              # 4
        %37: float32[1,2,4] = Reshape{shape=[1,2,4]}(%35)
        %38: float32[1,3,4] = BatchMatMul{transposeA}(c1, %37)                                                            # hidden, 24
        %39: float32[12] = Reshape{shape=[-1]}(%38)
        %40: float32[4] = Reshape{shape=[-1]}(%28)
        %41: float32[21] = Concat{axis=0}(%39, %36, %40, %29)                                                             # 21
      outputs %41
      "
    `);
  });

  it('of one block runs the suffix from its layer on', async () => {
    const model = compiled(
      layers.dense({name: 'hidden', units: 4, activation: 'tanh', inputShape: [3]}),
      layers.dense({name: 'output', units: 1}),
    );
    expect(await program(model, 'output')).toMatchInlineSnapshot(`
      "
      The Hessian's block of layer "output", a product with a vector: 15 kernels, 37 multiply-adds
      inputs %0: float32[5]
      constants c1: float32[1,2,4], c2: float32[2,1]
        %1: float32[4], %2: float32[1] = SplitV{numOrSizeSplits=[4,1], axis=0}(%0)  # 5
        %3: float32[1,4,1] = Reshape{shape=[1,4,1]}(%1)                             # output
        %4: float32[1,2,1] = BatchMatMul(c1, %3)                                    # output, 8
        %5: float32[1,2] = Reshape{shape=[-1,2]}(%4)                                # output
        %6: float32[2] = Tile{reps=[2]}(%2)                                         # output, 2
        %7: float32[1,2] = Add(%5, %6)                                              # output, 2
        %8: float32[2,1] = Reshape{shape=[2,1]}(%7)                                 # output
        %9: float32[2,1] = Multiply(%8, c2)                                         # 2
        %10: float32[2,1] = Multiply(%8, c2)                                        # 2
        %11: float32[2,1] = Add(%9, %10)                                            # 2
        %12: float32[1,2,1] = Reshape{shape=[1,2,1]}(%11)
        %13: float32[1,4,1] = BatchMatMul{transposeA}(c1, %12)                      # output, 8
        %14: float32[1] = Sum{axis=[0,1]}(%12)                                      # 1
        %15: float32[4] = Reshape{shape=[-1]}(%13)
        %16: float32[5] = Concat{axis=0}(%15, %14)                                  # 5
      outputs %16
      "
    `);
  });

  it('of a convolution and a pool', async () => {
    const model = compiled(
      layers.conv2d({name: 'conv', filters: 2, kernelSize: 3, activation: 'relu', inputShape: [6, 6, 1]}),
      layers.maxPooling2d({name: 'pool', poolSize: 2}),
      layers.flatten({name: 'flat'}),
    );
    expect(await program(model)).toMatchInlineSnapshot(`
      "
      The Hessian, a product with a vector: 20 kernels, 1.58k multiply-adds
      inputs %0: float32[20]
      constants c1: float32[2,6,6,1], c2: float32[2,4,4,2], c3: float32[2,8], c4: float32[2,4,4,2]
        %1: float32[18], %2: float32[2] = SplitV{numOrSizeSplits=[18,2], axis=0}(%0)                                             # 20
        %3: float32[3,3,1,2] = Reshape{shape=[3,3,1,2]}(%1)
        %4: float32[2,4,4,2] = Conv2D{strides=[1,1], pad=valid, dataFormat=NHWC, dilations=[1,1]}(c1, %3)                        # conv, 576
        %5: float32[1,64] = Reshape{shape=[-1,64]}(%4)                                                                           # conv
        %6: float32[64] = Tile{reps=[32]}(%2)                                                                                    # conv, 64
        %7: float32[1,64] = Add(%5, %6)                                                                                          # conv, 64
        %8: float32[2,4,4,2] = Reshape{shape=[2,4,4,2]}(%7)                                                                      # conv
        %9: float32[2,4,4,2] = Multiply(%8, c2)                                                                                  # pool, 64
        %10: float32[2,2,2,2] = AvgPool{filterSize=[2,2], strides=[2,2], pad=valid}(%9)                                          # pool, 16
        %11: float32[2,8] = Reshape{shape=[2,8]}(%10)                                                                            # flat
        %12: float32[2,8] = Multiply(%11, c3)                                                                                    # 16
        %13: float32[2,8] = Multiply(%11, c3)                                                                                    # 16
        %14: float32[2,8] = Add(%12, %13)                                                                                        # 16
        %15: float32[2,2,2,2] = Reshape{shape=[2,2,2,2]}(%14)
        %16: float32[2,4,4,2] = AvgPoolGrad{filterSize=[2,2], strides=[2,2], pad=valid}(%15, c4)                                 # conv, 64
        %17: float32[2,4,4,2] = Multiply(%16, c4)                                                                                # conv, 64
        %18: float32[2] = Sum{axis=[0,1,2]}(%17)                                                                                 # 2
        %19: float32[3,3,1,2] = Conv2DBackpropFilter{strides=[1,1], pad=valid, dataFormat=NHWC, filterShape=[3,3,1,2]}(c1, %17)  # 576
        %20: float32[18] = Reshape{shape=[-1]}(%19)
        %21: float32[20] = Concat{axis=0}(%20, %18)                                                                              # 20
      outputs %21
      "
    `);
  });

  it('of an LSTM cell', async () => {
    const model = compiled(layers.lstm({name: 'lstm', units: 2, inputShape: [1, 3]}));
    expect(await program(model)).toMatchInlineSnapshot(`
      "
      The Hessian, a product with a vector: 69 kernels, 528 multiply-adds
      inputs %0: float32[48]
      constants c1: float32[1,2,3], c2: float32[1,2,2], c3: float32[], c4: float32[2,2], c5: float32[], c6: float32[2,2], c7: float32[2,2], c8: float32[2,2], c9: float32[2,2], c10: float32[], c11: float32[2,2], c12: float32[2,2], c13: float32[2,2], c14: float32[2,2], c15: float32[2,2], c16: float32[2,2], c17: float32[2,2], c18: float32[2,2], c19: float32[2,2], c20: float32[2,2], c21: float32[2,2], c22: bool[2,2], c23: float32[], c24: float32[2,2], c25: float32[2,2], c26: float32[2,2], c27: float32[2,2], c28: float32[2,2], c29: float32[2,2], c30: float32[2,2], c31: bool[2,2], c32: float32[], c33: bool[2,2], c34: float32[]
        %1: float32[24], %2: float32[16], %3: float32[8] = SplitV{numOrSizeSplits=[24,16,8], axis=0}(%0)                     # 48
        %4: float32[1,3,8] = Reshape{shape=[1,3,8]}(%1)                                                                      # lstm
        %5: float32[1,2,8] = BatchMatMul(c1, %4)                                                                             # lstm, 48
        %6: float32[2,8] = Reshape{shape=[2,8]}(%5)                                                                          # lstm
        %7: float32[1,2,8] = Reshape{shape=[1,2,8]}(%2)                                                                      # lstm
        %8: float32[1,2,8] = BatchMatMul(c2, %7)                                                                             # lstm, 32
        %9: float32[2,8] = Reshape{shape=[2,8]}(%8)                                                                          # lstm
        %10: float32[2,8] = Add(%6, %9)                                                                                      # lstm, 16
        %11: float32[2,8] = Add(%10, %3)                                                                                     # lstm, 16
        %12: float32[2,2], %13: float32[2,2], %14: float32[2,2], %15: float32[2,2] = SplitV{numOrSizeSplits=4, axis=1}(%11)  # lstm, 16
        %16: float32[2,2] = Multiply(c3, %12)                                                                                # lstm, 4
        %17: float32[2,2] = Multiply(%16, c4)                                                                                # lstm, 4
        %18: float32[2,2] = Multiply(c5, %13)                                                                                # lstm, 4
        %19: float32[2,2] = Multiply(%18, c6)                                                                                # lstm, 4
        %20: float32[2,2] = Multiply(%14, c7)                                                                                # lstm, 4
        %21: float32[2,2] = Multiply(%17, c8)                                                                                # lstm, 4
        %22: float32[2,2] = Multiply(c9, %20)                                                                                # lstm, 4
        %23: float32[2,2] = Add(%21, %22)                                                                                    # lstm, 4
        %24: float32[2,2] = Add(%19, %23)                                                                                    # lstm, 4
        %25: float32[2,2] = Multiply(c10, %15)                                                                               # lstm, 4
        %26: float32[2,2] = Multiply(%25, c11)                                                                               # lstm, 4
        %27: float32[2,2] = Multiply(%24, c12)                                                                               # lstm, 4
        %28: float32[2,2] = Multiply(%26, c13)                                                                               # lstm, 4
        %29: float32[2,2] = Multiply(c14, %27)                                                                               # lstm, 4
        %30: float32[2,2] = Add(%28, %29)                                                                                    # lstm, 4
        %31: float32[2,2] = Multiply(%30, c15)                                                                               # 4
        %32: float32[2,2] = Multiply(%30, c15)                                                                               # 4
        %33: float32[2,2] = Add(%31, %32)                                                                                    # 4
        %34: float32[2,2] = Multiply(%33, c16)                                                                               # 4
        %35: float32[2,2] = Multiply(c17, %27)                                                                               # 4
        %36: float32[2,2] = Add(%34, %35)                                                                                    # 4
        %37: float32[2,2] = Multiply(%33, c18)                                                                               # 4
        %38: float32[2,2] = Multiply(c17, %26)                                                                               # 4
        %39: float32[2,2] = Add(%37, %38)                                                                                    # 4
        %40: float32[2,2] = Multiply(%27, c19)                                                                               # lstm, 4
        %41: float32[2,2] = Neg(%40)                                                                                         # 4
        %42: float32[2,2] = Multiply(%41, c20)                                                                               # 4
        %43: float32[2,2] = Multiply(c21, %39)                                                                               # 4
        %44: float32[2,2] = Add(%42, %43)                                                                                    # 4
        %45: float32[2,2] = Fill{shape=[2,2], value=0, dtype=float32}()                                                      # 4
        %46: float32[2,2] = Select(c22, %36, %45)                                                                            # 4
        %47: float32[2,2] = Multiply(%46, c23)                                                                               # 4
        %48: float32[2,2] = Multiply(%44, c24)                                                                               # 4
        %49: float32[2,2] = Multiply(c25, %20)                                                                               # 4
        %50: float32[2,2] = Add(%48, %49)                                                                                    # 4
        %51: float32[2,2] = Multiply(%44, c26)                                                                               # 4
        %52: float32[2,2] = Multiply(c25, %17)                                                                               # 4
        %53: float32[2,2] = Add(%51, %52)                                                                                    # 4
        %54: float32[2,2] = Multiply(%20, c27)                                                                               # lstm, 4
        %55: float32[2,2] = Neg(%54)                                                                                         # 4
        %56: float32[2,2] = Multiply(%55, c28)                                                                               # 4
        %57: float32[2,2] = Multiply(c29, %53)                                                                               # 4
        %58: float32[2,2] = Add(%56, %57)                                                                                    # 4
        %59: float32[2,2] = Multiply(%44, c30)                                                                               # 4
        %60: float32[2,2] = Fill{shape=[2,2], value=0, dtype=float32}()                                                      # 4
        %61: float32[2,2] = Select(c31, %59, %60)                                                                            # 4
        %62: float32[2,2] = Multiply(%61, c32)                                                                               # 4
        %63: float32[2,2] = Fill{shape=[2,2], value=0, dtype=float32}()                                                      # 4
        %64: float32[2,2] = Select(c33, %50, %63)                                                                            # 4
        %65: float32[2,2] = Multiply(%64, c34)                                                                               # 4
        %66: float32[2,8] = Concat{axis=1}(%65, %62, %58, %47)                                                               # 16
        %67: float32[8] = Sum{axis=[0]}(%66)                                                                                 # 8
        %68: float32[1,2,8] = Reshape{shape=[1,2,8]}(%66)
        %69: float32[1,2,8] = BatchMatMul{transposeA}(c2, %68)                                                               # lstm, 32
        %70: float32[1,2,8] = Reshape{shape=[1,2,8]}(%66)
        %71: float32[1,3,8] = BatchMatMul{transposeA}(c1, %70)                                                               # lstm, 48
        %72: float32[24] = Reshape{shape=[-1]}(%71)
        %73: float32[16] = Reshape{shape=[-1]}(%69)
        %74: float32[48] = Concat{axis=0}(%72, %73, %67)                                                                     # 48
      outputs %74
      "
    `);
  });

  it('of a layer normalization', async () => {
    const model = compiled(layers.layerNormalization({name: 'norm', inputShape: [4]}));
    expect(await program(model)).toMatchInlineSnapshot(`
      "
      The Hessian, a product with a vector: 20 kernels, 88 multiply-adds
      inputs %0: float32[8]
      constants c1: float32[1,1,2,4], c2: float32[2,4], c3: float32[1,1,2,4]
        %1: float32[4], %2: float32[4] = SplitV{numOrSizeSplits=[4,4], axis=0}(%0)  # 8
        %3: float32[1,4] = Reshape{shape=[1,4]}(%1)                                 # norm
        %4: float32[1,4] = Reshape{shape=[1,4]}(%2)                                 # norm
        %5: float32[2,4] = Tile{reps=[2,1]}(%3)                                     # norm, 8
        %6: float32[2,4] = Tile{reps=[2,1]}(%4)                                     # norm, 8
        %7: float32[1,1,2,4] = Multiply(%5, c1)                                     # norm, 8
        %8: float32[1,1,2,4] = Add(%7, %6)                                          # norm, 8
        %9: float32[2,4] = Reshape{shape=[2,4]}(%8)                                 # norm
        %10: float32[2,4] = Multiply(%9, c2)                                        # 8
        %11: float32[2,4] = Multiply(%9, c2)                                        # 8
        %12: float32[2,4] = Add(%10, %11)                                           # 8
        %13: float32[1,1,2,4] = Reshape{shape=[1,1,2,4]}(%12)
        %14: float32[1,1,2,4] = Multiply(%13, c3)                                   # 8
        %15: float32[1,2,4] = Reshape{shape=[1,2,4]}(%12)
        %16: float32[1,4] = Sum{axis=1}(%15)                                        # 4
        %17: float32[1,2,4] = Reshape{shape=[1,2,4]}(%14)
        %18: float32[1,4] = Sum{axis=1}(%17)                                        # 4
        %19: float32[4] = Reshape{shape=[-1]}(%18)
        %20: float32[4] = Reshape{shape=[-1]}(%16)
        %21: float32[8] = Concat{axis=0}(%19, %20)                                  # 8
      outputs %21
      "
    `);
  });

  it('leaves no tensors behind and counts as one product', async () => {
    const model = compiled(layers.dense({units: 2, inputShape: [3]}));
    const [x, y] = [tf.ones([2, 3]), tf.ones([2, 2])];
    const H = await hessian(model, {x, y});
    const before = tf.memory().numTensors;
    const passes = H.gradientPasses;
    H.explain();
    expect(tf.memory().numTensors).toBe(before);
    expect(H.gradientPasses).toBe(passes + 1);
    H.dispose();
  });

  it('says that a block is zero, and refuses a data set', async () => {
    const model = compiled(layers.dense({units: 2, inputShape: [3]}));
    const [x, y] = [tf.ones([2, 3]), tf.ones([2, 2])];
    const overData = await hessian(model, [{x, y}]);
    expect(() => overData.explain()).toThrow('Explain the operator of one batch');
    overData.dispose();
    const w = tf.variable(tf.ones([2]));
    const linear = await hessian(() => tf.sum<tf.Scalar>(tf.mul(w, 3)), {w});
    expect(linear.explain()).toBe('The Hessian, a product with a vector: it is zero');
    linear.dispose();
  });
});
