/**
 * The POP3 server. A connection is first an {@link org.postern.pop3d.AuthorizationSession} (qmail-popup's part, RFC 1939
 * §4), then, once an {@link org.postern.pop3d.Authenticator} has accepted the client, a
 * {@link org.postern.pop3d.TransactionSession} (qmail-pop3d's part, §5 and §6). Both read alike: a line becomes a
 * {@link org.postern.pop3d.Command}, whatever it holds; state and command together give a step; a loop of ten lines
 * performs the step. {@link org.postern.pop3d.Dialogue} is all that touches the connection.
 */
@NullMarked
package org.postern.pop3d;

import org.jspecify.annotations.NullMarked;
