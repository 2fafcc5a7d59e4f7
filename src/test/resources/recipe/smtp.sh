/usr/local/bin/envdir /etc/relay-ctrl \
/usr/local/bin/relay-ctrl-chdir \
/usr/local/bin/tcpserver -v -x /etc/tcp.smtp.cdb \
 -R -H -u 71 -g 70 0 10025 /usr/local/bin/relay-ctrl-check \
/var/qmail/bin/qmail-smtpd 2>&1 \
| /var/qmail/bin/splogger smtp 3 &
