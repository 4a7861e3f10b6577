import * as fs from 'node:fs';
import {mkdirSync, writeFileSync} from 'node:fs';
import * as path from 'node:path';
import {describe, expect, it} from 'vitest';
import {InvalidArgumentError} from '../../../src/errors.js';
import {readModel as readWith} from '../../../src/keras/loading/disk-model.js';
import {useFolder} from '../../sinks/use-folder.js';

const inFolder = useFolder();
const readModel = (given: string) => readWith(given, {fs, path});

describe('report explains how to convert', () => {
  const refused = (given: string, message: RegExp) => {
    expect(() => readModel(given)).toThrow(InvalidArgumentError);
    expect(() => readModel(given)).toThrow(message);
  };

  it('an .h5 file of any name', () => {
    writeFileSync(inFolder('model.bin'), Buffer.from([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]));
    refused(inFolder('model.bin'), /is an HDF5 file of Keras.*--input_format keras --output_format tfjs_layers_model/);
  });

  it('a .keras file', () => {
    writeFileSync(inFolder('model.keras'), Buffer.from([0x50, 0x4b, 0x03, 0x04]));
    refused(inFolder('model.keras'), /is a \.keras file of Keras 3.*--input_format keras_keras /);
  });

  it('a file of model.to_json()', () => {
    writeFileSync(
      inFolder('m.json'),
      '{"class_name": "Sequential", "config": {"layers": []}, "keras_version": "2.5.0"}',
    );
    refused(inFolder('m.json'), /is only a topology, as model\.to_json\(\) writes it, without weights/);
  });

  it('a folder with a SavedModel, or without a model', () => {
    mkdirSync(inFolder('saved'));
    refused(inFolder('saved'), /is a folder without a model\.json/);
    writeFileSync(inFolder('saved/saved_model.pb'), '');
    refused(inFolder('saved'), /is a SavedModel of TensorFlow.*--input_format keras_saved_model/);
  });
});

it('a folder means the model.json in it', () => {
  mkdirSync(inFolder('folder'));
  writeFileSync(inFolder('folder/model.json'), '{"modelTopology": {"class_name": "Model"}, "weightsManifest": []}');
  expect(readModel(inFolder('folder'))).toEqual(readModel(inFolder('folder/model.json')));
});
