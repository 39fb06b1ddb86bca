/**
 * The number that both sides of the wire compare. A Worker and an encoder of different deploys meet at every
 * roll-out, so changes within one number are additive: new optional fields only.
 */
export const CONTRACT_VERSION = 4;
