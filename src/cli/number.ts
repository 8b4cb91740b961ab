import { InvalidArgumentError } from 'commander';

/** Reads an option as a whole number within both bounds. */
export function wholeNumber(name: string, least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^[0-9]+$/.test(text) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`expected ${name} to be a whole number from ${least} to ${most}`);
  };
}
