/usr/local/bin/envdir /etc/relay-ctrl \
/usr/local/bin/relay-ctrl-chdir \
/usr/local/bin/tcpserver -v -R -H 0 10110 \
/var/qmail/bin/qmail-popup hoge.example.com /bin/checkpassword \
/usr/local/bin/relay-ctrl-allow qmail-pop3d Maildir 2>&1 \
| /var/qmail/bin/splogger pop3d 3 &
