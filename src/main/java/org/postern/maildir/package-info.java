/**
 * Maildirs. {@link org.postern.maildir.Maildrop} is one as a POP session sees it: {@link org.postern.maildir.MaildirName}
 * reads and writes the file names, {@link org.postern.maildir.WireSize} counts a message as it will be sent, and a small
 * file in the Maildir remembers what was counted of messages whose names do not say it.
 */
@NullMarked
package org.postern.maildir;

import org.jspecify.annotations.NullMarked;
