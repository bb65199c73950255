// Stands in the bundle for what the libraries bring and this program never uses (the aliases of `npm run build`): pino's worker thread,
// redaction and assertions; execa's messages between processes, end of children at our exit, verbose mode, and programs of node_modules.
// Whoever calls it after all is told so.
module.exports = function leftOut() {
  throw new Error('left out of the bundle: see packaging/left-out.cjs');
};
