/**
 * The operating system, as far as Java lacks it: octet strings, descriptors, exec, spawn, ids, crypt(3), NSS, syslog.
 */
@NullMarked
package org.postern.os;

import org.jspecify.annotations.NullMarked;
