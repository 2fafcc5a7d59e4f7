/**
 * Local delivery: what qmail-lspawn, qmail-getpw and qmail-local do.
 *
 * <p>{@link org.postern.local.LocalDeliverer} finds the user ({@link org.postern.local.Homes}) and starts a
 * {@code LocalDelivery}: it looks for the Delivered-To line ({@code LoopCheck}), finds the .qmail file ({@code DotQmail}),
 * reads it as a list of {@code Instruction}s and does them: Maildir ({@link org.postern.maildir.MaildirDelivery}), mbox
 * ({@code Mbox}), {@code Program}, {@code Forwarding}. See docs/programs/dot-qmail.md.
 */
@NullMarked
package org.postern.local;

import org.jspecify.annotations.NullMarked;
