export { type GoldenCase, goldenCases, goldenFolder, goldenManifest } from './golden.ts';
export { madeUpSpec } from './made-up-spec.ts';
export { type NatsServer, type NatsServerOptions, startNatsServer } from './nats-server.ts';
export { type S3Server, startS3Server, startVersitygw } from './s3-server.ts';
export { freePorts } from './server-process.ts';
export { temporaryFolder, type TemporaryFolder } from './temporary-folder.ts';
export { type ImageFolderOptions, makeImageFolder, patternImage } from './tiny-images.ts';
export { type ServiceName, type ServiceProcess, startService } from './services.ts';
