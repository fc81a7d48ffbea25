# A small application: of each name it keeps the token that it was given last, whatever its generation,
# and a log of what it was given. Now and then it refuses, takes its time, or dies.
#
# It is called as `sh application.sh FOLDER`. A file NAME.hold in the folder makes it wait.

cd "$1" || exit 1
log=$TOKENTURN_ID.log
mark() {
    echo "$1 $TOKENTURN_GENERATION $$" >> "$log"
}

read -r token
# Whoever was to give it one has died.
[ -n "$token" ] || exit 1
mark begin
times=0
while read -r what generation _; do
    [ "$what $generation" = "begin $TOKENTURN_GENERATION" ] && times=$((times + 1))
done < "$log"
# Ten minutes at most.
held=0
while [ -e "$TOKENTURN_ID.hold" ] && [ $held -lt 30000 ]; do
    held=$((held + 1))
    sleep 0.02
done

# The first time with some tokens, unless it had to wait. The last digit of a fingerprint is as good as a die.
die=$times${TOKENTURN_FINGERPRINT#"${TOKENTURN_FINGERPRINT%?}"}
[ $held -gt 0 ] && die=
case $die in
1[01]) mark end; echo "no place" >&2; exit 7 ;;
12) mark end; kill -KILL $$ ;;
1[34]) sleep 0.2 ;;
esac
printf %s "$token" > "$TOKENTURN_ID.new"
[ "$die" = 15 ] && { mark end; kill -KILL $$; }
sync "$TOKENTURN_ID.new"
mv "$TOKENTURN_ID.new" "$TOKENTURN_ID.token"
mark end
[ "$die" = 16 ] && kill -KILL $$
exit 0
