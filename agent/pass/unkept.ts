// What a pass has had to do without: for the daemon, which tells it until it is over.
export { recordProblem } from '../apply/unrecorded/record.ts';
