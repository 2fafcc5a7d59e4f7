/**
 * What qmail-inject makes of a message that a user's program hands in: the header is completed, its addresses are
 * rewritten, and the recipients are found (qmail-header(5), qmail-inject(8), RFC 822 §6).
 *
 * <p>{@link org.postern.inject.HeaderReader} reads the fields, {@link org.postern.inject.Completion} makes a new header of
 * them. An address field goes through {@link org.postern.inject.AddressField}: {@link org.postern.inject.Lexer},
 * {@link org.postern.inject.AddressList}, {@link org.postern.inject.FieldText}.
 */
@NullMarked
package org.postern.inject;

import org.jspecify.annotations.NullMarked;
