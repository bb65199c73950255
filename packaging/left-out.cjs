// Stands in the bundle for what the libraries bring and this program never uses: esbuild.ts has the list. Whoever calls it is told so.
module.exports = function leftOut() {
  throw new Error('left out of the bundle: see packaging/esbuild.ts');
};
