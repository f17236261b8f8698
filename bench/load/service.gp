# gnuplot -c service.gp unary-2000.csv unary-8000.csv overload.csv service.png
set terminal pngcairo size 1000,1100 font "Sans,11"
set output ARG4
set datafile separator ","
set grid
PHASES = "before flood after"
set multiplot layout 3,1
set title "Hash-only unary over mutual TLS, from when a call was due"
set xlabel "slowest share of calls"
set ylabel "ms"
set logscale xy
set xrange [1:0.0001]
set key left top
plot ARG1 using (1-$1/100):2 skip 1 with linespoints lw 2 title "2,000/s", \
     ARG2 using (1-$1/100):2 skip 1 with linespoints lw 2 title "8,000/s"
unset logscale x
set autoscale x
set title "Overload of dear requests: calm, flood, calm"
set xlabel "seconds within each phase"
set key outside right top
set ylabel "calls a second"
set yrange [10:*]
plot for [i=0:2] ARG3 using 2:($1==i ? 10*$3 : NaN) skip 1 with lines lw 2 title "accepted, ".word(PHASES, i+1), \
     ARG3 using 2:($1==1 ? 10*$4 : NaN) skip 1 with lines lw 2 dt 2 title "refused, flood"
set ylabel "p99 of accepted, ms"
set yrange [0.1:*]
plot for [i=0:2] ARG3 using 2:($1==i ? $6 : NaN) skip 1 with lines lw 2 title word(PHASES, i+1)
