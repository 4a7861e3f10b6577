import {cnn} from './cnn.js';
import {lstm} from './lstm.js';
import {mlp} from './mlp.js';
import {resnet} from './resnet.js';
import type {Subject} from './subject.js';
import {transformer} from './transformer.js';

export const subjects: readonly Subject[] = [cnn, mlp, resnet, lstm, transformer];
