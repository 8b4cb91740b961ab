/**
 * The managed blocks of a postmortem (`markdown.ts` writes them). A generated block is the engine's: the next
 * render replaces it. A human block is people's: the next render keeps it, byte for byte.
 */

export interface Block {
  readonly owner: 'generated' | 'human';
  readonly name: string;
  /** Line of the opening marker, from 1. */
  readonly line: number;
  readonly content: string;
}

/** Content of a human block that nobody has written in yet begins like this. */
const PROMPT = '_To be written by people.';
const BLOCK =
  /<!-- cordon:(generated|human) ([a-z-]+) -->\n([\s\S]*?)\n<!-- cordon:end (?:generated|human)-\2 -->/g;

/** The blocks of a postmortem, in order. Text that only looks like a marker inside one is its content. */
export function blocksOf(text: string): readonly Block[] {
  return [...text.matchAll(BLOCK)].map(({ 1: owner, 2: name = '', 3: content = '', index }) => ({
    owner: owner === 'human' ? 'human' : 'generated',
    name,
    line: text.slice(0, index).split('\n').length,
    content,
  }));
}

/** True when people have not written in this block yet. */
export function isUnwritten(block: Block): boolean {
  return block.owner === 'human' && block.content.startsWith(PROMPT);
}

/**
 * Returns `fresh` with every human block as it stands in `previous`. What people wrote in a block that `fresh`
 * does not have any more is kept at the end: nothing that somebody wrote is lost by a render.
 */
export function keepHumanBlocks(previous: string, fresh: string): string {
  const written = new Map(
    blocksOf(previous)
      .filter((block) => block.owner === 'human' && !isUnwritten(block))
      .map((block) => [block.name, block.content]),
  );
  const text = fresh.replace(BLOCK, (block: string, owner: string, name: string) => {
    const content = written.get(name);
    if (owner !== 'human' || content === undefined) return block;
    written.delete(name);
    return `<!-- cordon:human ${name} -->\n${content}\n<!-- cordon:end human-${name} -->`;
  });
  const orphans = [...written].map(
    ([name, content]) =>
      `## Kept from an earlier form: ${name}\n\n<!-- cordon:human ${name} -->\n${content}\n<!-- cordon:end human-${name} -->\n`,
  );
  return [text, ...orphans].join('\n');
}
