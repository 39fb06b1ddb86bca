/** The environments of the service's children: the person's own, with Copra's settings exactly as this run wants them. */

/** What the Worker and the encoders are configured by; never taken over from the surroundings. */
const OWN_VARIABLES = [
  "ALLOW_PRIVATE_NETWORK",
  "COCONUT_QUIRKS",
  "COPRA_DEV_KEY",
  "COPRA_MASTER_KEY",
  "ENCODER_SCRATCH_DIR",
  "ENCODER_SLOTS",
  "ENCODER_TOKEN",
  "ENCODER_URLS",
  "FLEET_ENCODERS",
  "HOST",
  "PORT",
  "PUBLIC_URL",
  "ULTRAFAST_ENCODERS",
];

/** A copy of `surroundings` without Copra's variables, then `settings`. */
export function childEnvironment(
  surroundings: NodeJS.ProcessEnv,
  settings: Record<string, string>,
): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = { ...surroundings };
  for (const name of OWN_VARIABLES) {
    delete environment[name];
  }
  return { ...environment, ...settings };
}
