/**
 * The POP3 server: qmail-popup's and qmail-pop3d's sessions.
 */
@NullMarked
package org.postern.pop3d;

import org.jspecify.annotations.NullMarked;
