// After the last file, in the process that Jest itself runs in (`--runInBand`): what the files share ends.
module.exports = async () => {
  const { endBorrowed } = await import('../support/template.ts');
  await endBorrowed();
};
