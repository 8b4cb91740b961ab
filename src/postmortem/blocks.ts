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
export function isUnwritten(block: Pick<Block, 'owner' | 'content'>): boolean {
  return block.owner === 'human' && block.content.startsWith(PROMPT);
}

/** Returns the text with the content of each human block as `contentOf` gives it; `undefined` leaves it as it is. */
export function withHumanBlocks(
  text: string,
  contentOf: (name: string, content: string) => string | undefined,
): string {
  return text.replace(BLOCK, (block: string, owner: string, name: string, content: string) => {
    const wanted = owner === 'human' ? contentOf(name, content) : undefined;
    return wanted === undefined ? block : humanBlock(name, wanted);
  });
}

/** A human block with its markers. */
export function humanBlock(name: string, content: string): string {
  return `<!-- cordon:human ${name} -->\n${content}\n<!-- cordon:end human-${name} -->`;
}

/** True when text could end its own block, or begin another: no section may hold it. */
export function hasMarker(text: string): boolean {
  return text.includes('<!-- cordon:');
}
