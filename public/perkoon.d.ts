/** What a Perkoon page tells scripts, as `window.__perkoon`. Each change replaces the object; it is never altered in place. */
export interface Perkoon {
  readonly version: string;
  readonly session: PerkoonSession | null;
  /** Everyone present, this page included. */
  readonly participants: readonly PerkoonParticipant[];
  readonly transfer: PerkoonTransfer;
  /** Rebuilt only when a file changes. */
  readonly files: readonly PerkoonFile[];
}

export interface PerkoonSession {
  readonly code: string;
  readonly role: 'sender' | 'receiver';
  readonly status: 'creating' | 'waiting' | 'connected' | 'closed';
  readonly shareUrl: string;
  /** RFC 3339, UTC. */
  readonly expiresAt: string;
  /** Whether the receiver has to know a password, or the secret of the link. */
  readonly passwordProtected: boolean;
  readonly connection: null | 'direct' | 'relayed';
  /**
   * Without a password: four words for the two people to compare, once both ends are connected. They are the same at both ends unless
   * someone is in between.
   */
  readonly verification: null | readonly string[];
}

export interface PerkoonParticipant {
  readonly id: string;
  readonly role: 'sender' | 'receiver';
  readonly self: boolean;
  readonly connected: boolean;
}

export type TransferStatus =
  | 'idle'
  | 'ready'
  | 'connecting'
  | 'offered'
  | 'accepted'
  | 'transferring'
  | 'paused'
  | 'reconnecting'
  | 'complete'
  | 'rejected'
  | 'cancelled'
  | 'error';

export interface PerkoonTransfer {
  readonly id: string | null;
  readonly status: TransferStatus;
  /** 0 to 100. */
  readonly percent: number;
  readonly bytesTransferred: number;
  readonly totalBytes: number;
  /** Bytes a second. */
  readonly speed: number;
  /** Seconds. */
  readonly eta: number | null;
  readonly durationMs: number | null;
  /** Why it ended early. Also, with a status that goes on: `WRONG_PASSWORD` or `PASSWORD_LOCKED`, until another password is tried. */
  readonly error: null | { readonly code: string; readonly message: string; readonly retryable: boolean };
}

export interface PerkoonFile {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  /** The name suggested for the download. */
  readonly savedAs: string | null;
  readonly size: number;
  readonly status: 'queued' | 'offered' | 'transferring' | 'complete' | 'failed';
  readonly bytesTransferred: number;
  /** Hexadecimal, as `b3sum` prints it. */
  readonly blake3: string | null;
  readonly method: null | 'opfs' | 'sw-download' | 'memory-buffer' | 'fsapi';
  /**
   * The received bytes: from the moment the file is complete until `release()`, the next offer, or an hour has passed. `null` when
   * there is nothing to read; so for every file that went straight to a download (`method` is `sw-download`).
   */
  stream(): Promise<ReadableStream<Uint8Array> | null>;
  /** The same as a `File`. */
  getFile(): Promise<File | null>;
  /** Gives the memory, or the place on the disk, back to the browser. What was saved stays saved. */
  release(): void;
}

declare global {
  interface Window {
    __perkoon: Perkoon;
  }

  /** Events on `document`; each comes after `window.__perkoon` shows what it tells. */
  interface DocumentEventMap {
    'perkoon:session:created': CustomEvent<PerkoonSession>;
    'perkoon:participant:joined': CustomEvent<PerkoonParticipant>;
    'perkoon:participant:left': CustomEvent<PerkoonParticipant>;
    'perkoon:transfer:offered': CustomEvent<PerkoonTransfer>;
    'perkoon:transfer:accepted': CustomEvent<PerkoonTransfer>;
    'perkoon:transfer:rejected': CustomEvent<PerkoonTransfer>;
    'perkoon:transfer:progress': CustomEvent<PerkoonTransfer>;
    'perkoon:transfer:paused': CustomEvent<PerkoonTransfer>;
    'perkoon:transfer:complete': CustomEvent<PerkoonTransfer>;
    'perkoon:transfer:error': CustomEvent<PerkoonTransfer>;
    'perkoon:file:ready': CustomEvent<PerkoonFile>;
    'perkoon:file:error': CustomEvent<PerkoonFile>;
  }
}
