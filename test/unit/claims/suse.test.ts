// Whose a link is by the files of SUSE.
import { runCases } from './run-cases.ts';
import { suseCases, wickedCases } from './suse-cases.ts';

runCases('sles-15', 'wicked', 'eth1', wickedCases);
runCases('sles-11', 'sles11', 'eth1', suseCases);
