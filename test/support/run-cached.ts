// Runs a CommonJS file as the launcher does, with what is kept of it in a folder: FILE FOLDER.
import { runCached } from '../../agent/system/compile-cache.ts';

const [file = '', folder = ''] = process.argv.slice(2);
runCached({ file, name: 'test', folder, pid: process.pid, atEnd: keep => process.once('exit', keep) });
