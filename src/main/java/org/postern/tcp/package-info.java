/**
 * Listeners, connections, line and dot readers, and tcpserver's rules.
 */
@NullMarked
package org.postern.tcp;

import org.jspecify.annotations.NullMarked;
