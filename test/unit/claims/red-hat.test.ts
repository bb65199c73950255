// Whose a link is by the ifcfg files of Red Hat.
import { ifcfgPluginCases, initscriptsCases } from './red-hat-cases.ts';
import { runCases } from './run-cases.ts';

runCases('centos-7', 'initscripts', 'eth1', initscriptsCases);
runCases('centos-8', 'networkmanager-ifcfg', 'eth1', ifcfgPluginCases);
