export { announce, type AnnounceOptions, type Told } from './announce.js';
export type { Channel } from './channel.js';
export { mailChannel, mailSecurities, type MailOptions, type MailSecurity } from './mail-channel.js';
export { reasons, type LateJob, type Notification, type Reason } from './notification.js';
export { webhookChannel, type WebhookOptions } from './webhook-channel.js';
