/**
 * Maildirs. {@link org.postern.maildir.MaildirDelivery} brings messages in. {@link org.postern.maildir.Maildrop} is one
 * as a POP session sees it: {@link org.postern.maildir.MaildirName} reads the file names,
 * {@link org.postern.maildir.Sizes} counts a message as it will be sent, which our deliveries write into its name; of
 * messages from elsewhere a small file in the Maildir remembers it.
 */
@NullMarked
package org.postern.maildir;

import org.jspecify.annotations.NullMarked;
