/** Undoes a replacement. The first call restores what was there; later calls do nothing. */
export type Undo = () => void;

/** Undoes several replacements, the newest first. */
export function undoAll(undos: readonly Undo[]): Undo {
  return () => {
    for (const undo of [...undos].reverse()) undo();
  };
}
