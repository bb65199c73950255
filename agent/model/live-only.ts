// ENIs that are configured in the kernel and in our files, and not by the network service, because it must not be made to load them now.
export interface LiveOnly {
  /** ISO time at which the first of them was configured so. */
  readonly since: string;
  readonly links: readonly string[];
  /** Why the service must not be made to load them; or that it may be by now. */
  readonly reason: string;
  /** What a person can do to end it. */
  readonly nextStep: string;
}

/** One line for a person. */
export function describeLiveOnly({ links, reason, nextStep }: LiveOnly): string {
  return `${headOf(links)}, because a reload could interrupt the primary (${reason}); ${nextStep}`;
}

/** What is so, without the reason. */
export function headOf(links: readonly string[]): string {
  return `live only: systemd-networkd has not loaded the files of ${links.join(', ')}`;
}
