/**
 * Maildir and maildrop.
 */
@NullMarked
package org.postern.maildir;

import org.jspecify.annotations.NullMarked;
