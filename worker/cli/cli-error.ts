/** The errors that a command expects: one sentence for the person at the terminal, no stack. */

/** Something outside this program is in the way; the message says what and how to get past it. */
export class CliError extends Error {
  override readonly name: string = "CliError";
}

/** The command line itself is wrong; the command prints its usage below the message. */
export class UsageError extends CliError {
  override readonly name = "UsageError";
}
