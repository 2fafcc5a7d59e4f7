/**
 * The words of mail that every room shares.
 */
@NullMarked
package org.postern.mail;

import org.jspecify.annotations.NullMarked;
