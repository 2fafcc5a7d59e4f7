package org.postern.inject;

import java.util.Optional;

/**
 * Who writes, where the message does not say it: what the user's environment has.
 *
 * @param user local part of From
 * @param host host of From; empty: the default host
 * @param name his name, as the field From shows it
 * @param senderUser local part of the envelope's sender
 * @param senderHost host of the envelope's sender; empty: the default host
 */
public record Author(
        String user, Optional<String> host, Optional<String> name, String senderUser, Optional<String> senderHost) {}
