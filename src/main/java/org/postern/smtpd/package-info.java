/**
 * The SMTP server: qmail-smtpd's session and its policy.
 */
@NullMarked
package org.postern.smtpd;

import org.jspecify.annotations.NullMarked;
