/**
 * DKIM signatures (RFC 6376): a signer that puts one on top of a message on its way out. {@link org.postern.dkim.Choice}
 * says whether, and by which key; {@link org.postern.dkim.Signature} makes it, relaxed/relaxed and rsa-sha256, of the
 * octets that the next hop gets.
 */
@NullMarked
package org.postern.dkim;

import org.jspecify.annotations.NullMarked;
