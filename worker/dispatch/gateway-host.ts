/** Host name that containers reach Copra's S3 gateway at. It exists inside the platform only. */
export const GATEWAY_HOST = "s3.copra.internal";
