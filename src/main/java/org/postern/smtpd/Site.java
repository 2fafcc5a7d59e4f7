package org.postern.smtpd;

import java.time.InstantSource;
import org.postern.config.SmtpdSettings;
import org.postern.queue.Intake;

/**
 * What all sessions of a server share.
 *
 * @param intake where messages go
 * @param clock gives the time in replies and Received lines
 */
public record Site(
        SmtpdSettings settings, Manners manners, LocalIpHost localIpHost, Intake intake, InstantSource clock) {}
