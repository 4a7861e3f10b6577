// What a thread of Node imports first in a checkout, where its script is TypeScript.
import {register} from 'tsx/esm/api';

register();
