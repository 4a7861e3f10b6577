// The entry point `tfjs-hessian/dashboard`: a page that follows a training live, in Node.
export type {Dashboard, DashboardArgs} from './dashboard/dashboard.js';
export {dashboard} from './dashboard/dashboard.js';
