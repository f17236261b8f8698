# gnuplot -c plot_recall.gp recall.dat recall.png
# Columns: row; alteration; family; then percent, low and high of plain PDQ,
# of normal, and of thorough with its review tier. Row 0 of a family is empty.
stats ARG1 using 1 nooutput
rows = STATS_max + 1
set terminal pngcairo size 1000,120+22*rows font "Sans,10"
set output ARG2
set datafile separator ";"
set title "Copies found again, by alteration (percent; bands: 95 % intervals)" offset 0,1.2 \
  font "Sans,12"
set xrange [-56:101.5]
set xtics 0,20,100 nomirror
set grid xtics lc rgb "#e4e4e4"
set yrange [rows:-1]
unset ytics
set border 0
set key at screen 0.98,1-55.0/(120+22*rows) right top horizontal reverse Left width 3
set lmargin at screen 0.02
set rmargin at screen 0.97
set tmargin at screen 1-85.0/(120+22*rows)
set bmargin at screen 30.0/(120+22*rows)
plain = "#8a8a8a"
normal = "#1f6fb4"
thorough = "#d9730d"
plot ARG1 using 4:1:($10-$4):(0) with vectors nohead lw 1 lc rgb "#c8c8c8" notitle, \
  '' using 11:($1+0.22):($12-$11):(0) with vectors nohead lw 3 lc rgb "#f3c9a3" notitle, \
  '' using 8:1:($9-$8):(0) with vectors nohead lw 3 lc rgb "#b3d2ec" notitle, \
  '' using 5:($1-0.22):($6-$5):(0) with vectors nohead lw 3 lc rgb "#dadada" notitle, \
  '' using 10:($1+0.22) with points pt 7 ps 1.0 lc rgb thorough title "thorough, review 50", \
  '' using 7:1 with points pt 7 ps 1.0 lc rgb normal title "normal", \
  '' using 4:($1-0.22) with points pt 7 ps 1.0 lc rgb plain title "plain PDQ", \
  '' using (-2.5):1:2 with labels right notitle, \
  '' using (-56):1:3 with labels left font "Sans Bold,10" notitle
