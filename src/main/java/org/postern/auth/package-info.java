/**
 * Who may log in.
 */
@NullMarked
package org.postern.auth;

import org.jspecify.annotations.NullMarked;
