// The package brings no types.
declare module 'systemd-notify' {
  /** Starts systemd-notify(1) and waits for its end; rejects if it fails or does not exist. */
  export default function notify(message: {
    readonly pid: number;
    readonly ready: boolean;
    readonly status: string;
  }): Promise<unknown>;
}
